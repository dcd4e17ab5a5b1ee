"""Faults of the connection: answers that are endless, slow, cut off, or never come."""

import asyncio
import socket
import struct
import zlib

from aiohttp import web

from .exchange import Exchange, hang

MIB = 1024 * 1024
BOMB_MIB = 512
SLOW_INTERVAL = 0.25
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


async def too_large_chunked(exchange: Exchange) -> web.StreamResponse:
    """Answer well, followed by blanks without end."""
    response = await _begin(exchange, chunked=True)
    await response.write(exchange.reply.body)
    blanks = b" " * 65536
    while True:
        await response.write(blanks)
        # A reader that keeps up never makes write() wait, and others need their turn.
        await asyncio.sleep(0)


async def gzip_bomb(exchange: Exchange) -> web.StreamResponse:
    """Answer with a gzip body below one MiB that inflates to half a GiB of valid JSON."""
    opening, blanks, closing = b'{"code":200,"data":', b" " * MIB, b'null,"message":"success"}'
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush forgets the window, so one compressed MiB can be sent any number of times.
    head = GZIP_HEADER + deflate.compress(opening) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(blanks) + deflate.flush(zlib.Z_FULL_FLUSH)
    tail = deflate.compress(closing) + deflate.flush(zlib.Z_FINISH)
    trailer = struct.Struct("<II")
    response = await _begin(
        exchange,
        headers={"Content-Encoding": "gzip"},
        length=len(head) + BOMB_MIB * len(block) + len(tail) + trailer.size,
    )
    await response.write(head)
    checksum = zlib.crc32(opening)
    for _ in range(BOMB_MIB):
        await response.write(block)
        checksum = zlib.crc32(blanks, checksum)
        await asyncio.sleep(0)
    checksum = zlib.crc32(closing, checksum)
    inflated = len(opening) + BOMB_MIB * MIB + len(closing)
    await response.write(tail + trailer.pack(checksum, inflated))
    await response.write_eof()
    return response


async def truncated(exchange: Exchange) -> web.StreamResponse:
    """Declare the whole body, send half of it and close the connection."""
    body = exchange.reply.body
    response = await _begin(exchange, length=len(body))
    await response.write(body[: len(body) // 2])
    if (transport := exchange.request.transport) is not None:
        transport.close()
    await hang()


async def reset(exchange: Exchange) -> web.StreamResponse:
    """Abort the connection with a TCP reset."""
    if (transport := exchange.request.transport) is not None:
        connection = transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await hang()


async def slow_headers(_exchange: Exchange) -> web.StreamResponse:
    """Accept the request and never answer."""
    await hang()


async def slow_bytes(exchange: Exchange) -> web.StreamResponse:
    """Answer well, one byte at a time."""
    body = exchange.reply.body
    response = await _begin(exchange, length=len(body))
    for byte in body:
        await response.write(bytes((byte,)))
        await asyncio.sleep(SLOW_INTERVAL)
    await response.write_eof()
    return response


async def _begin(
    exchange: Exchange,
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
    chunked: bool = False,
) -> web.StreamResponse:
    response = web.StreamResponse(
        status=exchange.reply.status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    response.content_length = length
    if chunked:
        response.enable_chunked_encoding()
    await response.prepare(exchange.request)
    return response
