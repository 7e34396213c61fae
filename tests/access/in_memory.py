"""Builds resources from files that are only in memory."""

from shopsec.model import Role, SourceFile, uri_of
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.examples import EXAMPLE_DAY, ExampleFiles


def in_memory(contents, role=Role.PRODUCTION, today=EXAMPLE_DAY, whole=True):
    data = {
        uri_of(name): text if isinstance(text, bytes) else text.encode()
        for name, text in contents.items()
    }
    files = tuple(SourceFile(uri, len(text), role, True) for uri, text in sorted(data.items()))
    return ExampleFiles(data, files, today=today, whole_repository=whole)


def built(source, contents, **options):
    """Every resource that a source makes of the files it recognises."""
    files = in_memory(contents, **options)
    return [
        resource
        for file in files.files
        if source.matches(file)
        if source.holds is None or source.holds(files.read(file))
        for resource in source.build(file, files.read(file), files)
    ]


def built_or_refused(source, contents, **options):
    """The same of any text: nothing where the source says in which line it cannot use it."""
    try:
        return built(source, contents, **options)
    except DocumentError as error:
        if error.line < 1:
            raise
        return []


def runtimes(source, contents, **options):
    """(line, what it is, use) of every runtime found."""
    return [
        (each.line, each.view.title or each.view.image, each.view.use)
        for each in built(source, contents, **options)
    ]
