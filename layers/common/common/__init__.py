"""The shared layer: what more than one Storefront function needs."""

import gc

# A cold start creates 100,000 objects that are never freed. Searching them for garbage after
# every 2,000 allocations, which is the default, takes a fifteenth of its time.
gc.set_threshold(50_000)
