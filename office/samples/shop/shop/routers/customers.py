from fastapi import APIRouter, status

from shop.db import SessionDep
from shop.errors import documented
from shop.models import Customer
from shop.schemas.customer import CustomerIn, CustomerOut
from shop.schemas.ids import PathId
from shop.services import customers

router = APIRouter(prefix="/customers", tags=["customers"])


@router.post(
    "",
    response_model=CustomerOut,
    status_code=status.HTTP_201_CREATED,
    responses=documented(409),
)
def create_customer(data: CustomerIn, session: SessionDep) -> Customer:
    return customers.create_customer(session, data)


@router.get("/{customer_id}", response_model=CustomerOut, responses=documented(404))
def read_customer(customer_id: PathId, session: SessionDep) -> Customer:
    return customers.get_customer(session, customer_id)
