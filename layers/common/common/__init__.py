"""What more than one function needs: the layer of every Storefront function."""

import gc

# A cold start makes 100,000 objects that stay; looking for garbage among them every 2,000, as
# is the default, is a fifteenth of its time.
gc.set_threshold(50_000)
