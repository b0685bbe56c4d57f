from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parcels', '0005_application_asked_on'),
    ]

    operations = [
        migrations.AddField(
            model_name='adoption',
            name='answer',
            field=models.TextField(blank=True, editable=False, verbose_name='answer'),
        ),
    ]
