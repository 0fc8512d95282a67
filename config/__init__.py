"""The composition root: where the areas are put together, and the only place that knows them all."""
