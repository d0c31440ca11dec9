import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import orbweaver.platform.clock
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('matching', '0001_initial'),
        ('media', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('kna'), editable=False, max_length=24, unique=True)),
                ('designated_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(help_text='Given to nobody from then on', null=True)),
                ('designated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keys', models.JSONField(default=dict, help_text='Action → key, where it is not the usual one')),
                ('blur', models.SmallIntegerField(default=2, help_text='0 none to 3 strong')),
                ('grey', models.BooleanField(default=True)),
                ('part', models.CharField(default='whole', help_text='Which part a reveal shows', max_length=12)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ReviewItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('itm'), editable=False, max_length=24, unique=True)),
                ('reason', models.CharField(choices=[('match', 'It matches an entry of a hash list.'), ('report', 'Somebody reported it.'), ('appeal', 'Its verdict is reviewed on request.'), ('series', 'It was found next to known material and was put into its series.'), ('copy', 'It may be an edited copy of a picture that is held here.')], max_length=8)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('disagreed', 'Disagreed'), ('decided', 'Decided')], db_index=True, default='waiting', max_length=10)),
                ('rank_at', models.DateTimeField(help_text='Sooner first; grows with age alone, so nothing starves')),
                ('required', models.SmallIntegerField(help_text='Assessments that must agree, fixed when the item was opened')),
                ('criteria_version', models.CharField(blank=True, help_text='Judges all answers; fixed when somebody takes it for its first answer', max_length=20)),
                ('created_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(help_text='Real time', null=True)),
                ('confirmation', models.CharField(choices=[('none', 'None'), ('open', 'Open'), ('done', 'Done'), ('differs', 'Differs')], db_default='none', default='none', max_length=8)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text="Of its picture's PDQ (likeness.words_of)", null=True, size=None)),
                ('cluster', models.CharField(blank=True, db_default='', help_text='The same for look-alikes that were open together', max_length=24)),
                ('version', models.IntegerField(default=0, help_text='Grows with each change; a stale form conflicts')),
                ('given_to', models.ForeignKey(help_text='Nobody else sees it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('known_answer', models.ForeignKey(help_text='Whose answer is known', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='given', to='review.knownanswer')),
                ('leased_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='leases', to=settings.AUTH_USER_MODEL)),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_items', to='media.media')),
                ('place', models.ForeignKey(help_text='The one it is about, where verdicts on its bytes are verdicts on places (ADR 12); no other joins it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matching.sighting')),
                ('sightings', models.ManyToManyField(related_name='review_items', to='matching.sighting')),
                ('split_from', models.ForeignKey(help_text='The item whose verdict was about another place', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='split_off', to='review.reviewitem')),
            ],
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(default=orbweaver.platform.clock.real_now, help_text="Real time; a day's budget counts by it")),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='review.reviewitem')),
            ],
        ),
        migrations.AddField(
            model_name='knownanswer',
            name='item',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='known_answer_of', to='review.reviewitem'),
        ),
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('asm'), editable=False, max_length=24, unique=True)),
                ('answers', models.JSONField(help_text='criteria.rules.Answers as written')),
                ('outcome', models.CharField(max_length=10)),
                ('category', models.CharField(blank=True, max_length=16)),
                ('notice_type', models.CharField(blank=True, max_length=16)),
                ('sub_type', models.CharField(blank=True, max_length=1)),
                ('age_class', models.CharField(blank=True, max_length=16)),
                ('criteria_version', models.CharField(max_length=20)),
                ('training_completed_on', models.DateField()),
                ('adjudicates', models.BooleanField(default=False)),
                ('confirms', models.BooleanField(db_default=False, default=False, help_text='Given blind after the verdict, towards acts_alone')),
                ('made_at', models.DateTimeField()),
                ('analyst', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(help_text='Of sub-type b: the one place that was judged', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matching.sighting')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='review.reviewitem')),
                ('together_with', models.ForeignKey(help_text='The item whose picture was looked at, when this one was answered with it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.reviewitem')),
            ],
        ),
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('vdt'), editable=False, max_length=24, unique=True)),
                ('outcome', models.CharField(choices=[('remove', 'Remove'), ('no_action', 'No Action')], max_length=10)),
                ('category', models.CharField(blank=True, max_length=16)),
                ('notice_type', models.CharField(blank=True, max_length=16)),
                ('sub_type', models.CharField(blank=True, max_length=1)),
                ('age_class', models.CharField(blank=True, max_length=16)),
                ('age_min', models.SmallIntegerField(null=True)),
                ('age_max', models.SmallIntegerField(null=True)),
                ('straddles', models.BooleanField(default=False, help_text='The estimated ages span two classes')),
                ('identified', models.CharField(choices=[('identified', 'Identified'), ('unidentified', 'Unidentified')], default='unidentified', max_length=12)),
                ('identified_source', models.CharField(blank=True, max_length=200)),
                ('baseline', models.BooleanField(default=False, help_text="Interpol's: by an entry of these very bytes, or as all analysts who agreed marked it")),
                ('self_generated', models.BooleanField(db_default=False, default=False, help_text='As an analyst recorded; it lowers nothing (R10)')),
                ('children', models.SmallIntegerField(help_text='How many it shows; none: nobody estimated an age (R77)', null=True)),
                ('children_by_class', models.JSONField(default=dict, help_text='The same by age class; the youngest governs')),
                ('reasons', models.JSONField(default=list, help_text='In words, from the criteria')),
                ('criteria_version', models.CharField(max_length=20)),
                ('decided_by', models.CharField(choices=[('agreement', 'Agreement'), ('adjudication', 'Adjudication'), ('policy', 'Policy'), ('appeal', 'Appeal')], max_length=12)),
                ('decided_at', models.DateTimeField(db_index=True)),
                ('handed_over_at', models.DateTimeField(help_text='When notices took it up; set by notices in the transaction that writes them', null=True)),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='verdict', to='review.reviewitem')),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='media.media')),
                ('superseded_by', models.ForeignKey(help_text='What a review changed it to', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='review.verdict')),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('apl'), editable=False, max_length=24, unique=True)),
                ('requester', models.CharField(help_text='Who asks, in a word such as provider; never a name', max_length=120)),
                ('reason', models.TextField(blank=True, help_text='In the words of who asks; none where a rule asks', max_length=2000)),
                ('because', orbweaver.platform.fields.MessageField(blank=True, help_text='Of the rule that asks', null=True)),
                ('opened_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('upheld', 'Upheld'), ('changed', 'Changed')], max_length=8)),
                ('decided_at', models.DateTimeField(null=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='review.reviewitem')),
                ('verdict', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='review.verdict')),
            ],
        ),
        migrations.CreateModel(
            name='WorkSpell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(help_text='The last thing done so far')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='work_spells', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(models.Q(('state', 'decided'), _negated=True), ('confirmation', 'open'), _connector='OR'), fastupdate=False, fields=['words'], name='open_item_by_word'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(condition=models.Q(('cluster', ''), _negated=True), fields=['cluster'], name='item_by_cluster'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(condition=models.Q(models.Q(('state', 'decided'), _negated=True), ('confirmation', 'open'), _connector='OR'), fields=['rank_at', 'id'], name='open_item_by_rank'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(fields=['decided_at'], name='item_by_decision'),
        ),
        migrations.AddIndex(
            model_name='reviewitem',
            index=models.Index(fields=['created_at'], name='item_by_opening'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('state', 'decided'), _negated=True), models.Q(('reason', 'appeal'), _negated=True), ('known_answer', None), ('place', None)), fields=('media',), name='one_open_item_per_medium'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'decided'), _negated=True), fields=('place',), name='one_open_item_per_place'),
        ),
        migrations.AddConstraint(
            model_name='reviewitem',
            constraint=models.UniqueConstraint(fields=('known_answer', 'given_to'), name='known_answer_once_per_analyst'),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(fields=['person', 'asked_at'], name='look_by_person'),
        ),
        migrations.AddConstraint(
            model_name='assessment',
            constraint=models.UniqueConstraint(fields=('item', 'analyst'), name='one_answer_per_analyst'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('verdict',), name='one_open_appeal_per_verdict'),
        ),
        migrations.AddIndex(
            model_name='workspell',
            index=models.Index(fields=['person', '-ended_at'], name='spell_by_person'),
        ),
    ]
