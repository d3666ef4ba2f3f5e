"""A picture on stdin becomes a small JPEG on stdout; run as a process of its own.

Whoever makes an image decoder stumble takes down this process and nothing else: it may use
little memory and time, writes no file, and knows nothing of the server. Any end but 0 means
that there is no small picture. It is run by its path, so it imports nothing of ours.
"""

import io
import sys

MEMORY_BYTES_MAX = 768 * 1024 * 1024
CPU_S_MAX = 10
PIXELS_MAX = 50_000_000
SIDE_PX = 320
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def limit() -> None:
    """Give up what the work does not need. Windows has no such limits; its time-out stays."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def small(picture: bytes) -> bytes:
    """The picture, upright and at most ``SIDE_PX`` a side, without anything but its pixels."""
    import warnings

    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        image.draft("RGB", (SIDE_PX * 2, SIDE_PX * 2))
        image.thumbnail((SIDE_PX, SIDE_PX))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=75)
    return out.getvalue()


if __name__ == "__main__":
    limit()
    sys.stdout.buffer.write(small(sys.stdin.buffer.read()))
