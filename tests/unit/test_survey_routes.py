"""What the survey notes of Python files: routes with their whole URL, models, tests."""

import pytest

from agent.survey.surveying import survey
from agent.survey.values import Module
from tests.fakes.repositories import gathered, sample


def modules(texts: dict[str, str]) -> dict[str, Module]:
    return {module.path: module for module in survey(gathered(texts)).modules}


def labels(texts: dict[str, str], path: str) -> list[str]:
    return [symbol.label or symbol.name for symbol in modules(texts)[path].symbols]


def test_routes_of_a_router_carry_its_prefix() -> None:
    assert labels(sample("shop"), "shop/routers/orders.py") == [
        "POST /orders create_order",
        "GET /orders list_orders",
        "GET /orders/{order_id} read_order",
        "PATCH /orders/{order_id} change_status",
    ]


def test_prefixes_are_followed_through_the_modules_that_include_a_router() -> None:
    texts = {
        "app/main.py": "from app.api import router\nfrom app.config import config\n"
        "app = FastAPI()\napp.include_router(router, prefix=config.API_V1)\n",
        "app/config.py": "class Config:\n    API_V1: str = '/api/v1'\n",
        "app/api.py": "from app.routes import users\n"
        "router = APIRouter()\nrouter.include_router(users.router, prefix='/users')\n",
        "app/routes/users.py": "router = APIRouter()\n"
        "@router.get('/{id}')\nasync def read(id: int): ...\n",
    }
    assert labels(texts, "app/routes/users.py") == ["GET /api/v1/users/{id} read"]


def test_a_router_that_includes_itself_ends() -> None:
    text = "r = APIRouter()\nr.include_router(r, prefix='/a')\n@r.get('/b')\ndef b(): ...\n"
    assert labels({"a.py": text}, "a.py")[0].endswith("/b b")


def test_a_prefix_that_only_running_tells_is_shown_by_its_name() -> None:
    text = "r = APIRouter(prefix=make())\n@r.get('/b')\ndef b(): ...\n"
    assert labels({"a.py": text}, "a.py") == ["GET /{make}/b b"]


def test_routes_of_ninja_are_found_with_the_prefix_of_their_router() -> None:
    texts = {
        "shop/api.py": "api = NinjaAPI()\napi.add_router('/orders/', 'orders.api.router')\n",
        "orders/api.py": "router = Router()\n@router.post('', auth=key)\ndef create(r): ...\n",
    }
    assert labels(texts, "orders/api.py") == ["POST /orders/ create"]


def test_routes_of_django_are_found_through_include() -> None:
    texts = {
        "site/urls.py": "urlpatterns = [path('api/', include('pay.urls'))]\n",
        "pay/urls.py": "urlpatterns = [path('refunds/<int:pk>', views.Refund.as_view())]\n",
    }
    assert labels(texts, "pay/urls.py") == ["/api/refunds/<int:pk> Refund"]


def test_view_sets_show_where_they_are_registered_and_what_they_add() -> None:
    clinic = sample("clinic")
    assert "REST /appointments AppointmentViewSet" in labels(clinic, "clinic/urls.py")
    assert labels(clinic, "appointments/views.py") == ["AppointmentViewSet(list, POST complete)"]


def test_dictionaries_and_clients_are_no_routes() -> None:
    text = "@cache.get\ndef a(): ...\n@pytest.mark.parametrize('x', [])\ndef b(): ...\n"
    assert labels({"a.py": text}, "a.py") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("class Order(Base):\n    __tablename__ = 'orders'\n", "model"),
        ("class Order(models.Model): ...\n", "model"),
        ("class Order(SQLModel, table=True): ...\n", "model"),
        ("class OrderIn(BaseModel): ...\n", "schema"),
        ("class OrderSerializer(serializers.ModelSerializer[Order]): ...\n", "schema"),
        ("class Orders(APIView): ...\n", "view"),
        ("class Orders: ...\n", "class"),
        ("OrderId = Annotated[int, Path()]\n", "class"),
    ],
)
def test_classes_are_known_by_what_they_are(text: str, kind: str) -> None:
    [symbol] = modules({"a.py": text})["a.py"].symbols
    assert symbol.kind == kind


def test_tests_are_counted_and_fixtures_named() -> None:
    text = (
        "@pytest.fixture\ndef order(): ...\n\ndef test_a(): ...\n\n"
        "class TestB:\n    def test_b(self): ...\n    async def test_c(self): ...\n"
    )
    assert labels({"tests/test_a.py": text}, "tests/test_a.py") == ["order", "3 tests"]
