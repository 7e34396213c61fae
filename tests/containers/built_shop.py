"""A shop with a Dockerfile and the archive of the image that it builds, with one of each flaw."""

from pathlib import Path

from tests.containers.image_archive import DEBIAN, DJANGO, NODE, Layer, write_archive

DOCKERFILE = """\
FROM node:20 AS assets
RUN npm ci

FROM debian:12.4-slim
ENV MODE=live
RUN pip install \\
      django==3.2.0
WORKDIR /app
COPY --from=assets /app/node_modules node_modules
COPY . .
RUN rm .env
CMD ["python", "app.py"]
"""
BASE_LINE, DJANGO_LINE, NODE_LINE, COPY_LINE, COMMAND_LINE = 4, 6, 9, 10, 12
# As BuildKit writes it; "-" marks an entry without a layer.
HISTORY = (
    "/bin/sh -c #(nop) ADD file:5d673d25da3a14ce1f6cf in / ",
    '-/bin/sh -c #(nop)  CMD ["bash"]',
    "-ENV MODE=live",
    "RUN /bin/sh -c pip install       django==3.2.0 # buildkit",
    "WORKDIR /app",
    "COPY /app/node_modules node_modules # buildkit",
    "COPY . . # buildkit",
    "RUN /bin/sh -c rm .env # buildkit",
    '-CMD ["python" "app.py"]',
)
# In two parts, so that nothing here looks like a credential.
SECRET = "AKIA" + "QYLPMN5HNXH7ABCD"
LAYERS: tuple[Layer, ...] = (
    DEBIAN,
    DJANGO,
    {"app/.keep": ""},
    NODE,
    {"app/.env": f"AWS_ACCESS_KEY_ID={SECRET}\n", "app/app.py": ""},
    {"app/.wh..env": ""},
)


def write_built_shop(archive: Path) -> None:
    """Write the archive; the image starts as root."""
    write_archive(archive, LAYERS, history=HISTORY, user="")
