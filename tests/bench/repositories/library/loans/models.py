from django.db import models

from catalogue.models import Copy
from members.models import Member


class Loan(models.Model):
    copy = models.ForeignKey(Copy, on_delete=models.PROTECT, related_name="loans")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="loans")
    lent_on = models.DateField()
    due_on = models.DateField()
    returned_on = models.DateField(null=True)

    class Meta:
        ordering = ("-lent_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["copy"],
                condition=models.Q(returned_on__isnull=True),
                name="loan_copy_lent_once",
            ),
        )

    def __str__(self) -> str:
        return f"Loan {self.pk}"


class Fine(models.Model):
    """What a late return costs; in euros."""

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="fine")
    amount = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self) -> str:
        return f"Fine {self.pk}"


class Payment(models.Model):
    """What a member paid for fines; in euros."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    paid_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Payment {self.pk}"
