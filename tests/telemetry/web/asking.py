"""Asks an application without a network: one request, one answer, from a test that is not async."""

import asyncio

import httpx
from fastapi import FastAPI


class Asking:
    """An HTTP client of one application; errors inside it come back as the server would answer them."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        """Ask once."""
        return asyncio.run(self._get(path))

    async def _get(self, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            return await client.get(path)
