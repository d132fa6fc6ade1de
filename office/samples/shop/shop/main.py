import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.orm import sessionmaker

from shop.db import make_engine
from shop.errors import documented, install_error_handlers
from shop.routers import customers, health, orders, products
from shop.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Build the application; nothing connects to the database before the first request."""
    logging.basicConfig(level=settings.log_level)
    engine = make_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(title="Shop", version="0.4.0", lifespan=lifespan, responses=documented(422))
    app.state.engine = engine
    app.state.sessions = sessionmaker(engine, expire_on_commit=False)
    install_error_handlers(app)
    for router in (health.router, customers.router, products.router, orders.router):
        app.include_router(router)
    return app


app = create_app(Settings())
