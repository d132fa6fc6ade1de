from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from appointments.views import AppointmentViewSet
from patients.views import PatientViewSet

router = SimpleRouter(trailing_slash=False)
router.register("patients", PatientViewSet)
router.register("appointments", AppointmentViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("schema", SpectacularAPIView.as_view()),
]
