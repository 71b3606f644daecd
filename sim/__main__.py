"""Run the command line: `python -m sim` does what `auylsim` does."""

from __future__ import annotations

from sim.cli import main

if __name__ == "__main__":  # worker processes import this module again under another name
    main()
