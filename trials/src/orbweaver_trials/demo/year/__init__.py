"""A year of forty providers in some minutes: the clock is set forward step by step, all else is real.

``python -m orbweaver_trials.demo.year`` (``orbweaver demo --year``) shows whether what the system says of each provider
is what that provider is like, and whether its figures agree with what the providers themselves wrote down.
"""
