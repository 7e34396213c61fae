"""The first files of a shop that begins to use shopsec: texts made of what is known of it. Pure."""
