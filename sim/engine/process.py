"""The reference engine: SimPy processes that tell the model as a story.

A candidate becomes a process when its project starts; applications are read from the fates at the committee's
meeting and cost no event. After every grant a process goes back into the calendar at the same time, under the
grant's rank; only there does it change the state or look at a queue.
"""

from __future__ import annotations

from sim.engine.clockwork import BreedingStock, Calendar, Crews, Story
from sim.model import events
from sim.model.month import month
from sim.model.state import State
from sim.model.world import HERD, PLANT, Plan, Structure, World
from sim.parameters.groups import Parameters


class Region:
    """One allocation in one world; `state` comes as that of the start and leaves as that of the horizon."""

    def __init__(self, state: State, world: World, parameters: Parameters, structure: Structure, plan: Plan) -> None:
        self.world = world
        self.parameters = parameters
        self.structure = structure
        self.plan = plan
        self.state = state
        self.env = Calendar()
        self.crews = Crews(self.env, int(world.crews[0]))
        self.instrument: list[int] = world.person["instrument"].tolist()
        self.builds: list[float] = parameters.instrument["builds"].tolist()
        stock = parameters.stock
        self.stock = [BreedingStock(self.env, heads) for heads in stock["market_heads"].tolist()]

    def run(self) -> None:
        """Let the years pass."""
        env = self.env
        for story in (
            self.months(),
            self.years(),
            self.tranches(),
            self.committees(),
            self.building_seasons(),
        ):
            env.process(story)
        for species in range(len(self.stock)):
            env.process(self.breeders(species))
        for base_plant in range(self.world.capacity.size):
            env.process(self.stoppages(base_plant, -1))
        env.run(until=env.at(self.structure.months, events.END))

    def project(self, j: int) -> Story:
        """Live one project's life from the first crew to the first month at work."""
        env, s, w, p, st = self.env, self.state, self.world, self.parameters, self.structure
        k = self.instrument[j]
        if self.builds[k]:
            with self.crews.request() as crew:
                yield crew
                yield env.at(env.now, events.CREW_GRANTED, j)
                yield env.at(events.crew_granted(s.log, s.lines, w, j, env.now), events.BUILT, j)
                events.built(s, w, j, env.now)
        else:
            yield env.at(env.now + float(w.person["build_months"][j]), events.BUILT, j)
            events.built(s, w, j, env.now)
        if st.kind[k] == HERD:
            market = self.stock[st.stock[k]]
            heads = events.order_of(s.files[j], p.instrument[k], p.stock[st.stock[k]])
            yield market.get(heads)
            yield env.at(env.now, events.STOCK_GRANTED, j)
            settled = events.stock_granted(s, w, p, st, j, heads, market.waiting, env.now)
            yield env.at(settled, events.STOCKED, j)
        events.operate(s, w, p, st, j, env.now)
        if st.kind[k] == PLANT:
            env.process(self.stoppages(int(st.plant[j]), j))

    def committees(self) -> Story:
        """Meet every month; whoever gets money, or has it, starts."""
        env, s = self.env, self.state
        for t in range(1, self.structure.months):
            yield env.at(t, events.COMMITTEE)
            events.committee(s, self.world, self.parameters, self.structure, self.plan, env.now)
            for j in s.starts[: s.desk["starts"][0]].tolist():
                env.process(self.project(j))

    def tranches(self) -> Story:
        """Release money every quarter."""
        for t in range(0, self.structure.months, 3):
            yield self.env.at(t, events.TRANCHE)
            events.tranche(self.state, self.plan, self.structure, self.env.now)

    def breeders(self, species: int) -> Story:
        """Bring breeding stock to market every month."""
        offered = int(self.parameters.stock["supply_heads_month"][species])
        for t in range(self.structure.months):
            yield self.env.at(t, events.SUPPLY, species)
            self.stock[species].supply(offered)

    def building_seasons(self) -> Story:
        """Send crews home in December and call them back in March."""
        for t in range(1, self.structure.months):
            if t % 12 in (events.DECEMBER, events.MARCH):
                yield self.env.at(t, events.CREWS_RESIZED)
                self.crews.resize(int(self.world.crews[t % 12]))

    def stoppages(self, plant: int, j: int) -> Story:
        """Close a plant now and then, as long as project j (-1: no project's) is at work."""
        t = self.env.now + float(self.world.closure_months[plant, 0])
        while t < self.structure.months:
            yield self.env.at(t, events.CLOSURE, plant)
            t = events.closure(self.state, self.world, plant, j, self.env.now)

    def months(self) -> Story:
        """Close every month."""
        for t in range(1, self.structure.months + 1):
            yield self.env.at(t, events.MONTH)
            month(self.state, self.world, self.parameters, self.structure, self.env.now)

    def years(self) -> Story:
        """Close every year."""
        for t in range(12, self.structure.months + 1, 12):
            yield self.env.at(t, events.YEAR_END)
            events.year_end(self.state, self.world, self.parameters, self.plan, self.structure, self.env.now)
