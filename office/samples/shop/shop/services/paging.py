from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from shop.models import Base
from shop.schemas.page import PageParams

Model = TypeVar("Model", bound=Base)


def fetch_page(
    session: Session, statement: Select[Model], page: PageParams
) -> tuple[Sequence[Model], int]:
    """Return the rows of one page and the number of rows on all pages.

    The statement must have a total order, or a row could show up on two pages.
    """
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    rows = session.scalars(statement.limit(page.limit).offset(page.offset)).all()
    return rows, session.scalars(counted).one()
