"""The plan: where each audio description is heard, and where the picture waits. Pure, in integer ticks."""

from schema.plan.inputs import PlanCue, PlanInput
from schema.plan.planner import plan
from schema.plan.timemap import TimeMap

__all__ = ["PlanCue", "PlanInput", "TimeMap", "plan"]
