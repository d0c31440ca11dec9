"""What ``doctor`` looks at, and how it is shown; loaded when it runs, so that other commands start without it."""
