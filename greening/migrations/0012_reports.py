"""Reports of residents beside their observations, and observations joined to a head."""

import django.db.models.deletion
import greening.models.base
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("greening", "0011_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="joined_to",
            field=models.ForeignKey(
                blank=True,
                help_text="The observation of the same thing that is answered for both.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="joined",
                to="greening.observation",
                verbose_name="joined to",
            ),
        ),
        migrations.AddConstraint(
            model_name="observation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("joined_to", None),
                    models.Q(("joined_to", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="observation_not_joined_to_itself",
                violation_error_message="An observation cannot be joined to itself.",
            ),
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="number")),
                ("uuid", models.UUIDField(default=greening.models.base.new_uuid, editable=False, unique=True, verbose_name="identifier")),
                ("text", models.TextField(blank=True, verbose_name="in their words")),
                ("more", models.TextField(blank=True, verbose_name="what they added")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address as written")),
                ("placed", models.CharField(choices=[("map", "on the map"), ("tree", "by choosing the tree"), ("address", "by its address: the middle of the street")], max_length=8, verbose_name="place given")),
                ("received_at", models.DateTimeField(auto_now_add=True, db_index=True, verbose_name="received")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="person forgotten")),
                ("observation", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="report", to="greening.observation", verbose_name="observation")),
                ("photos", models.ManyToManyField(blank=True, related_name="reports", to="greening.photo", verbose_name="photos")),
                ("reporter", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="reports", to=settings.AUTH_USER_MODEL, verbose_name="reported by")),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ["-id"],
            },
        ),
    ]
