"""Typed views of documents, with the facts that rules speak of already worked out."""
