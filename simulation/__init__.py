"""Days of a city, played through the same actions the screens use, on a clock that jumps."""
