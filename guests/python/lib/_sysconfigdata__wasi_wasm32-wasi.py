"""Nothing is built under glass."""

build_time_vars = {}
