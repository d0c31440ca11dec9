import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GONE = """
INSERT INTO survivors_wordsstep (part_id, kind, at)
SELECT part_id, 'not_there', gone_at FROM survivors_safetynotice WHERE gone_at IS NOT NULL
"""
NOT_HANDED_ON = """
UPDATE survivors_requestpart p SET visit_at = r.created_at FROM survivors_request r
WHERE r.id = p.request_id AND p.report_id IS NOT NULL AND p.url <> ''
  AND r.handed_on_at IS NULL AND r.withdrawn_at IS NULL AND NOT r.waits_for_person
"""


class Migration(migrations.Migration):

    dependencies = [
        ('survivors', '0002_proofs_and_more'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WordsStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('there', 'There'), ('not_there', 'Not There'), ('refused', 'Refused'), ('left', 'Left')], max_length=9)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('part', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='words_steps', to='survivors.requestpart')),
            ],
        ),
        migrations.AddField(
            model_name='requestpart',
            name='visit_at',
            field=models.DateTimeField(help_text='Until the crawler was given it: when that is to be, a moment by chance', null=True),
        ),
        migrations.AddField(
            model_name='requestpart',
            name='added_by',
            field=models.ForeignKey(help_text='Who of ours found it by the words', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='requestpart',
            name='added_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(GONE, migrations.RunSQL.noop),
        migrations.RunSQL(NOT_HANDED_ON, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='request',
            name='request_to_hand_on',
        ),
        migrations.RemoveField(
            model_name='request',
            name='handed_on_at',
        ),
        migrations.RemoveField(
            model_name='safetynotice',
            name='gone_at',
        ),
        migrations.AlterField(
            model_name='safetynotice',
            name='part',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety', to='survivors.requestpart'),
        ),
        migrations.AddIndex(
            model_name='requestpart',
            index=models.Index(condition=models.Q(('visit_at__isnull', False)), fields=['visit_at'], name='part_to_visit'),
        ),
    ]
