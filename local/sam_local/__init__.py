"""Run the functions in the Lambda runtime image with `sam local`."""
