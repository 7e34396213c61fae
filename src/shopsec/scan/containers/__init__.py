"""Container images and the configuration that runs them."""
