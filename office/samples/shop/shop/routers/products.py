from typing import Annotated

from fastapi import APIRouter, Query, status

from shop.db import SessionDep
from shop.errors import documented
from shop.models import Product
from shop.schemas.ids import PathId
from shop.schemas.page import Page, PageDep
from shop.schemas.product import ProductIn, ProductOut
from shop.services import products

router = APIRouter(prefix="/products", tags=["products"])


@router.post(
    "",
    response_model=ProductOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(409),
)
def create_product(data: ProductIn, session: SessionDep) -> Product:
    return products.create_product(session, data)


@router.get("")
def list_products(
    session: SessionDep,
    page: PageDep,
    active: Annotated[bool | None, Query(description="Only products that are (not) sold.")] = None,
) -> Page[ProductOut]:
    rows, total = products.list_products(session, page, active)
    return Page(
        items=[ProductOut.model_validate(row) for row in rows],
        total=total,
        limit=page.limit,
        offset=page.offset,
    )


@router.get("/{product_id}", response_model=ProductOut, responses=documented(404))
def read_product(product_id: PathId, session: SessionDep) -> Product:
    return products.get_product(session, product_id)
