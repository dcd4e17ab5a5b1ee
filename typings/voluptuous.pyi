# From 2026.9 on, Home Assistant runs `voluptuous` as an alias of `probatio`: so must the type checker.
from probatio import *
