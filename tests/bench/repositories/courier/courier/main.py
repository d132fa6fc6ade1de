import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from courier.clock import Clock, utc_now
from courier.db import make_engine
from courier.errors import documented, install_error_handlers
from courier.routers import api_keys, auth, health, parcels, quotes, tracking
from courier.settings import Settings


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """Build the application; nothing connects to the database before the first request."""
    logging.basicConfig(level=settings.log_level)
    engine = make_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(title="Courier", version="0.7.0", lifespan=lifespan, responses=documented(422))
    app.state.settings = settings
    app.state.clock = clock
    app.state.engine = engine
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    install_error_handlers(app)
    for module in (health, auth, api_keys, parcels, quotes, tracking):
        app.include_router(module.router)
    return app


app = create_app(Settings())
