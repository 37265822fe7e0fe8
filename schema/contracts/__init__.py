"""The frozen inputs and results of workflows, activities, signals, updates and queries."""
