import hal.virtual  # noqa: F401  (gives CPython the modules that device code imports)
