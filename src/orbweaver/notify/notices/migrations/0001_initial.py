import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('media', '0001_initial'),
        ('providers', '0001_initial'),
        ('review', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HandoverFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.IntegerField(default=0)),
                ('code', models.CharField(max_length=60)),
                ('reason', orbweaver.platform.fields.MessageField(blank=True, null=True)),
                ('first_at', models.DateTimeField()),
                ('retry_at', models.DateTimeField(help_text='Real time')),
                ('verdict', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='handover_failure', to='review.verdict')),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('ntc'), editable=False, max_length=24, unique=True)),
                ('route', models.CharField(choices=[('provider', 'Provider'), ('referral', 'Hotline of the hosting country'), ('cdn', 'Content delivery network'), ('upstream', 'Upstream network'), ('registrar', 'Registrar'), ('payment', 'Payment service')], default='provider', max_length=10)),
                ('deadline_at', models.DateTimeField(help_text='Of a referral: then the provider is told directly', null=True)),
                ('country', models.CharField(default='unknown', help_text='Where it is hosted, as known when written', max_length=7)),
                ('host', models.CharField(blank=True, help_text='Of a held notice: the host nobody is known for', max_length=260)),
                ('notice_type', models.CharField(max_length=16)),
                ('sub_type', models.CharField(blank=True, max_length=1)),
                ('state', models.CharField(choices=[('held', 'held'), ('open', 'open'), ('closed', 'closed')], max_length=8)),
                ('held_reason', models.CharField(blank=True, choices=[('no_provider', 'No contact known: nobody in the registry hosts this address.'), ('no_contact', 'No contact known: the provider has no active one.'), ('policy', 'Not sent by policy of the hotline.')], max_length=12)),
                ('identified', models.BooleanField(help_text='Every URL is about a child that law enforcement has identified')),
                ('occasions', models.IntegerField(default=0, help_text='Messages made so far: the first notice and its reminders')),
                ('created_at', models.DateTimeField(db_index=True)),
                ('first_sent_at', models.DateTimeField(db_index=True, null=True)),
                ('last_sent_at', models.DateTimeField(null=True)),
                ('reached_at', models.DateTimeField(help_text='When the first message left that is not known to have come back', null=True)),
                ('unreached', models.CharField(blank=True, choices=[('next', 'It was undeliverable; the next contact is written to.'), ('nobody', 'It was undeliverable to every contact.')], max_length=6)),
                ('told_at', models.GeneratedField(db_index=True, db_persist=True, expression=models.Case(models.When(then=django.db.models.functions.comparison.Coalesce('reached_at', 'first_sent_at'), unreached=''), default=None), help_text='Since when it is told, as figures count: the first message that did not come back', output_field=models.DateTimeField(null=True))),
                ('remind_at', models.DateTimeField(help_text='When the next reminder is due; none while one is under way', null=True)),
                ('news_at', models.DateTimeField(help_text='Since when there is news to tell at once: police identified a child; none once it is told', null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(help_text='When the provider first opened it in its inbox', null=True)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='providers.contact')),
                ('parent', models.ForeignKey(help_text='The notice that led to this one', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='notices.notice')),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='NoticeUrl',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(db_index=True, max_length=32)),
                ('host', models.CharField(max_length=260)),
                ('address', models.GenericIPAddressField(null=True)),
                ('pages', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, help_text='Pages that show it, exact', size=None)),
                ('detection', models.CharField(help_text="How it was found, in XARF's words", max_length=16)),
                ('act', models.CharField(blank=True, help_text="Digit of a supplier's class for these very bytes", max_length=1)),
                ('seen_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('live', 'live'), ('gone_once', 'gone_once'), ('removed', 'removed'), ('reappeared', 'reappeared'), ('moved', 'moved'), ('offline', 'offline'), ('withdrawn', 'withdrawn')], default='live', max_length=12)),
                ('removed_at', models.DateTimeField(db_index=True, null=True)),
                ('offline_at', models.DateTimeField(help_text='Of an offline one: since when its host has not answered', null=True)),
                ('reappeared_at', models.DateTimeField(null=True)),
                ('reappearances', models.IntegerField(default=0)),
                ('follows', models.ForeignKey(help_text='The row about the same place in the first notice about it: checks look there, this one follows', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followers', to='notices.noticeurl')),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notice_urls', to='media.media')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urls', to='notices.notice')),
                ('verdict', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notice_urls', to='review.verdict')),
            ],
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(help_text='0 the first notice, then each reminder')),
                ('rank', models.IntegerField(default=0, help_text='1 a reminder that brings no news: it waits for all others')),
                ('occasion', models.CharField(help_text='Notice and number: a crash cannot make two', max_length=60, unique=True)),
                ('channel', models.CharField(help_text="As the contact's", max_length=12)),
                ('address', models.CharField(max_length=320)),
                ('message_id', models.CharField(max_length=200, unique=True)),
                ('raw', models.BinaryField()),
                ('is_draft', models.BooleanField(default=False, help_text='Composed before the hotline had said who it is: composed anew before it leaves')),
                ('state', models.CharField(choices=[('queued', 'queued'), ('by_hand', 'by_hand'), ('sending', 'sending'), ('sent', 'sent'), ('failed', 'failed'), ('refused', 'refused'), ('uncertain', 'uncertain'), ('bounced', 'bounced'), ('cancelled', 'cancelled')], default='queued', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('journalled_at', models.DateTimeField(help_text="When the mail server's copy for us came (real time)", null=True)),
                ('acknowledged_at', models.DateTimeField(help_text="When its contact or that one's server said it has it", null=True)),
                ('attempts', models.IntegerField(default=0)),
                ('reason', orbweaver.platform.fields.MessageField(blank=True, help_text='Why it failed, without any address', null=True)),
                ('retry_at', models.DateTimeField(help_text='Real time; none: at once', null=True)),
                ('lease', models.UUIDField(help_text='Of the worker that has it', null=True)),
                ('lease_until', models.DateTimeField(help_text='Real time', null=True)),
                ('left_at', models.DateTimeField(help_text='When it last left, if it did: known before it is sent', null=True)),
                ('settle_at', models.DateTimeField(help_text='Real time from which a doubt about it can be settled; none: its channel has no way to', null=True)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='providers.contact')),
                ('sent_by', models.ForeignKey(help_text='Who sent it by hand', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='notices.notice')),
            ],
        ),
        migrations.CreateModel(
            name='Bounce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('hard', 'Undeliverable for good'), ('soft', 'Given up for now'), ('delayed', 'Delayed')], max_length=8)),
                ('status', models.CharField(blank=True, help_text='Such as 5.1.1 (RFC 3463)', max_length=12)),
                ('doubt', models.CharField(blank=True, choices=[('unsigned', 'It did not come to the signed address of this message.'), ('other_message', 'It returns another message of ours.'), ('other_recipient', 'It is about somebody this message was not sent to.'), ('never_left', 'This message had not left.'), ('too_late', 'It came after the time for which mail servers keep trying.'), ('accepted', 'The provider is known to have this notice.')], max_length=16)),
                ('at', models.DateTimeField()),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bounces', to='notices.outboxmessage')),
            ],
        ),
        migrations.CreateModel(
            name='PushBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('psb'), editable=False, max_length=24, unique=True)),
                ('reason', models.CharField(choices=[('not_a_child', 'not_a_child'), ('not_illegal', 'not_illegal'), ('wants_proof_of_age', 'wants_proof_of_age'), ('not_ours', 'not_ours'), ('already_gone', 'already_gone')], max_length=20)),
                ('comment', models.TextField(blank=True)),
                ('outcome', models.CharField(choices=[('open', 'open'), ('upheld', 'upheld'), ('conceded', 'conceded')], db_index=True, default='open', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True, help_text='What the provider is told about the outcome')),
                ('checked_at', models.DateTimeField(help_text='Of not_ours: when the hosts were looked up again', null=True)),
                ('finding', orbweaver.platform.fields.MessageField(blank=True, help_text='What that look found, for the desk', null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='push_backs', to='notices.notice')),
            ],
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='push_back',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='notices.pushback'),
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('rpl'), editable=False, max_length=24, unique=True)),
                ('action', models.CharField(choices=[('removed', 'removed'), ('not_ours', 'not_ours'), ('push_back', 'push_back')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('via', models.CharField(choices=[('link', 'The link in the notice'), ('inbox', 'The inbox for industry'), ('api', "The inbox's API"), ('channel', "The provider's own system"), ('mail', 'Mail'), ('phone', 'Telephone'), ('fax', 'Fax'), ('chat', 'Chat'), ('web_form', 'A web form'), ('letter', 'A letter on paper')], default='link', max_length=8)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='notices.notice')),
            ],
        ),
        migrations.CreateModel(
            name='IncomingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('ans'), editable=False, max_length=24, unique=True)),
                ('via', models.CharField(choices=[('link', 'The link in the notice'), ('inbox', 'The inbox for industry'), ('api', "The inbox's API"), ('channel', "The provider's own system"), ('mail', 'Mail'), ('phone', 'Telephone'), ('fax', 'Fax'), ('chat', 'Chat'), ('web_form', 'A web form'), ('letter', 'A letter on paper')], default='mail', max_length=8)),
                ('found_by', models.CharField(blank=True, choices=[('token', 'The address it came to'), ('message_id', 'The message it answers'), ('number', 'The notice’s number in it'), ('sender', 'Its sender’s address'), ('person', 'A person said so')], max_length=10)),
                ('sender', models.CharField(blank=True, max_length=320)),
                ('subject', models.CharField(blank=True, max_length=500)),
                ('words', models.TextField(help_text='What it says, apart from what it quotes')),
                ('quotation', models.TextField(blank=True)),
                ('raw', models.BinaryField(help_text='The mail as it came', null=True)),
                ('digest', models.BinaryField(help_text='SHA-256 of the raw mail', max_length=32, null=True, unique=True)),
                ('sign', models.CharField(blank=True, help_text='Of an automatic one: how that was told', max_length=8)),
                ('came_at', models.DateTimeField()),
                ('meaning', models.CharField(blank=True, choices=[('removed', 'removed'), ('not_ours', 'not_ours'), ('not_a_child', 'not_a_child'), ('not_illegal', 'not_illegal'), ('wants_proof_of_age', 'wants_proof_of_age'), ('already_gone', 'already_gone'), ('needs_information', 'needs_information'), ('refuses', 'refuses'), ('automatic', 'automatic'), ('other', 'other')], max_length=20)),
                ('read_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='notices.notice')),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incoming', to='providers.provider')),
                ('read_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reply', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='said_in', to='notices.reply')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('meaning', '')), fields=['came_at'], name='incoming_unread')],
            },
        ),
        migrations.CreateModel(
            name='SendingSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paused', models.BooleanField(default=False)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ToLookUp',
            fields=[
                ('push_back', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='to_look_up', serialize=False, to='notices.pushback')),
            ],
        ),
        migrations.CreateModel(
            name='ToNotify',
            fields=[
                ('verdict', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='to_notify', serialize=False, to='review.verdict')),
                ('due_at', models.DateTimeField(help_text='Not before: until then the last answer may be taken back')),
            ],
        ),
        migrations.CreateModel(
            name='SubmittedReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text="Of ours: the report's id in XARF", max_length=64, unique=True)),
                ('remote_id', models.CharField(help_text='Of theirs', max_length=80)),
                ('status', models.CharField(blank=True, max_length=20)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('ask_at', models.DateTimeField(help_text='Real time of the next question; none once it is completed', null=True)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submitted', to='notices.outboxmessage')),
            ],
        ),
        migrations.CreateModel(
            name='HoldPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('hld'), editable=False, max_length=24, unique=True)),
                ('country', models.CharField(blank=True, max_length=7)),
                ('sub_type', models.CharField(blank=True, max_length=1)),
                ('reason', models.CharField(max_length=500)),
                ('made_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='hold_policies', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('provider', 'country', 'sub_type'), name='one_hold_in_force', nulls_distinct=False)],
            },
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['remind_at'], name='notice_reminder_due'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('news_at__isnull', False)), fields=['news_at'], name='notice_with_news'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['created_at'], name='notice_held'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('route', 'referral'), ('state', 'open')), fields=['deadline_at'], name='notice_deadline_due'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('parent__isnull', False), ('route__in', ['upstream', 'registrar', 'payment'])), fields=('parent', 'route', 'contact'), name='one_notice_per_step'),
        ),
        migrations.AddIndex(
            model_name='noticeurl',
            index=models.Index(fields=['media', 'url_key'], name='notice_url_by_place'),
        ),
        migrations.AddIndex(
            model_name='noticeurl',
            index=models.Index(fields=['host'], name='notice_url_by_host'),
        ),
        migrations.AddConstraint(
            model_name='noticeurl',
            constraint=models.UniqueConstraint(condition=models.Q(('follows__isnull', True)), fields=('verdict', 'url_key'), name='url_once_per_verdict'),
        ),
        migrations.AddConstraint(
            model_name='noticeurl',
            constraint=models.UniqueConstraint(fields=('notice', 'verdict', 'url_key'), name='url_once_per_notice'),
        ),
        migrations.AddConstraint(
            model_name='bounce',
            constraint=models.UniqueConstraint(fields=('message', 'kind', 'status', 'doubt'), name='bounce_once_per_message'),
        ),
        migrations.AddConstraint(
            model_name='pushback',
            constraint=models.UniqueConstraint(condition=models.Q(('outcome', 'open')), fields=('notice', 'reason'), name='one_open_push_back_per_reason'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'failed', 'by_hand'])), fields=['channel', 'rank', 'id'], name='outbox_waiting'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('state', 'by_hand')), fields=['created_at'], name='outbox_by_hand'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('state', 'sending')), fields=['lease_until'], name='outbox_sending'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('state', 'uncertain')), fields=['settle_at'], name='outbox_uncertain'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('journalled_at__isnull', False)), fields=['-settle_at'], name='outbox_last_copied'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.UniqueConstraint(condition=models.Q(('push_back', None)), fields=('notice', 'number'), name='one_message_per_occasion'),
        ),
        migrations.AddConstraint(
            model_name='sendingswitch',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_switch'),
        ),
        migrations.AddIndex(
            model_name='submittedreport',
            index=models.Index(condition=models.Q(('ask_at__isnull', False)), fields=['ask_at'], name='submitted_to_ask'),
        ),
    ]
