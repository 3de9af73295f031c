"""Settings for all tests: no example has a time limit, as machines differ."""

from hypothesis import settings

settings.register_profile("cnntutor", deadline=None)
settings.load_profile("cnntutor")
