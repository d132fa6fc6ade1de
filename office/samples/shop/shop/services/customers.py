from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.errors import ConflictError, NotFoundError
from shop.models import Customer
from shop.schemas.customer import CustomerIn


def create_customer(session: Session, data: CustomerIn) -> Customer:
    customer = Customer(name=data.name, email=data.email.lower())
    session.add(customer)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise ConflictError(f"A customer with the e-mail {data.email} exists.") from error
    return customer


def get_customer(session: Session, customer_id: int) -> Customer:
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(f"Customer {customer_id} does not exist.")
    return customer
