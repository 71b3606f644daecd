"""The notebooks as they are committed; what runs them, `python -m tools.notebooks --check`, is a step of CI."""

from __future__ import annotations

import base64
import getpass
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.notebooks import METADATA, differences, executed

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 400_000  # bytes
QUIET = re.compile(r"^\s|^(import|from|def|assert|#|%)\b|=|\.to_csv\(")  # last lines that show nothing

each = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])


def opened(file: Path) -> NotebookNode:
    return nbformat.read(file, as_version=4)


def markdown(notebook: NotebookNode) -> str:
    return "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def test_there_are_seven_in_order_and_the_readme_links_them() -> None:
    assert [file.stem[:2] for file in FILES] == [f"0{n}" for n in range(1, 8)]
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in (file.name for file in FILES) if f"]({name})" not in readme] == []


@each
def test_it_is_valid_small_and_holds_nothing_of_the_machine(file: Path) -> None:
    notebook = opened(file)
    nbformat.validate(notebook)
    assert notebook["metadata"] == METADATA
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert file.stat().st_size < LARGEST
    text = re.sub(r'"image/png": "[^"]*"', "", file.read_text(encoding="utf-8"))
    user = getpass.getuser()
    faults = [
        r"/tmp/",
        r"/home/",
        r"/root\b",
        r"[A-Z]:\\\\",
        re.escape(str(ROOT)),
        rf"/{re.escape(user)}/",
        r" at 0x[0-9a-f]",
    ]
    assert [fault for fault in faults if re.search(fault, text)] == []


@each
def test_it_was_run_from_top_to_bottom_without_fault(file: Path) -> None:
    cells = [cell for cell in opened(file)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert pictures
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    silent = [cell["source"].splitlines()[-1] for cell in cells if not cell["outputs"]]
    assert [line for line in silent if not QUIET.search(line)] == []


@each
def test_it_asks_first_tells_between_cells_and_ends_with_a_question(file: Path) -> None:
    cells = opened(file)["cells"]
    first, last = cells[0]["source"], cells[-1]["source"]
    assert first.startswith(f"# {file.stem[:2]}. ")
    assert re.search(r"\*\*Question: [^*]*\?\*\*", first)
    assert cells[-1]["cell_type"] == "markdown"
    assert "## Try this" in last
    assert re.search(r"\*\*[^*]*\?\*\*", last.partition("## Try this")[2])
    assert "```python" in last
    longest = max(len(cell["source"].splitlines()) for cell in cells if cell["cell_type"] == "code")
    assert longest <= 25


@each
def test_it_has_no_model_code(file: Path) -> None:
    cells = opened(file)["cells"]
    code = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    imported = set(re.findall(r"^(?:from|import) (sim[\w.]*)", code, re.MULTILINE))
    assert "sim" in imported
    assert [name for name in imported if re.match(r"sim\.(model|engine|fates|parameters|kernel)", name)] == []


@each
def test_its_links_and_the_code_to_try_are_sound(file: Path) -> None:
    text = markdown(opened(file))
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (FOLDER / link).exists()] == []
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        compile(code, file.name, "exec")


def told(output: str, *, picture: bool = False) -> NotebookNode:
    outputs = [new_output("stream", name="stdout", text=output)]
    if picture:
        outputs.append(new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}))
    return new_notebook(cells=[new_markdown_cell("About"), new_code_cell("print()", outputs=outputs)])


def test_other_text_is_named_with_its_cell() -> None:
    (fault,) = differences(told("one\ntwo\n"), told("one\nthree\n"))
    assert fault.startswith("cell 2:\n")
    assert {"-two", "+three", " one"} <= set(fault.splitlines())


def test_another_picture_is_no_difference_and_a_missing_one_is() -> None:
    before = told("same\n", picture=True)
    other = deepcopy(before)
    other["cells"][1]["outputs"][1]["data"]["image/png"] = "AAAA"
    assert list(differences(before, other)) == []
    assert len(list(differences(before, told("same\n")))) == 1


def test_an_error_is_a_difference() -> None:
    after = told("same\n")
    after["cells"][1]["outputs"].append(new_output("error", ename="ValueError", evalue="no", traceback=[]))
    (fault,) = differences(told("same\n"), after)
    assert "+ValueError: no" in fault


def test_a_notebook_runs_beside_the_scenarios_of_this_program() -> None:
    source = "import os\nfrom pathlib import Path\nprint(Path('../scenarios/small.yaml').is_file(), os.listdir())"
    notebook = new_notebook(cells=[new_code_cell(source), new_code_cell("import sim\nprint(sim.__file__)")])
    first, second = executed(notebook)["cells"]
    assert first["outputs"][0]["text"] == "True []\n"
    assert Path(second["outputs"][0]["text"].strip()) == ROOT / "sim" / "__init__.py"
    assert first["metadata"] == {}
    assert not notebook["cells"][0]["outputs"], "the one given is left as it was"
