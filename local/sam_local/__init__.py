"""The functions in AWS's own runtime image, as `sam local` runs them."""
