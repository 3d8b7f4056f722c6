"""What more than one function needs: the layer of every Storefront function."""
