"""The plan: where each audio description is heard, and where the picture waits. Pure, in integer ticks.

`planner.plan(inputs.PlanInput(...))` makes a `model.Plan`; `timemap.TimeMap.of(plan)` maps source to render time.
"""
