"""TiTiler as its documentation sets it up: the peer of bench_tiles, run by uvicorn."""

from fastapi import FastAPI
from titiler.core.factory import TilerFactory

app = FastAPI()
app.include_router(TilerFactory().router)
