from django.db import models


class Patient(models.Model):
    full_name = models.CharField(max_length=120)
    born_on = models.DateField()
    phone = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("full_name", "id")

    def __str__(self) -> str:
        return f"Patient {self.pk}"
