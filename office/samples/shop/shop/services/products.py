from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.errors import ConflictError, NotFoundError
from shop.models import Product
from shop.schemas.page import PageParams
from shop.schemas.product import ProductIn
from shop.services.paging import fetch_page


def create_product(session: Session, data: ProductIn) -> Product:
    product = Product(sku=data.sku, name=data.name, price_cents=data.price_cents)
    session.add(product)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError(f"A product with the SKU {data.sku} exists.") from error
    return product


def get_product(session: Session, product_id: int) -> Product:
    product = session.get(Product, product_id)
    if product is None:
        raise NotFoundError(f"Product {product_id} does not exist.")
    return product


def list_products(
    session: Session, page: PageParams, active: bool | None
) -> tuple[Sequence[Product], int]:
    """Return one page of the products by name, and how many there are."""
    statement = select(Product).order_by(Product.name, Product.id)
    if active is not None:
        statement = statement.where(Product.active == active)
    return fetch_page(session, statement, page)
