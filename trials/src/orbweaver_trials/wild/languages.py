"""What hosts of many countries show in place of a picture, each in a layout of its own, and what their staff write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Tongue:
    """One language: ``gone`` stands where something was taken away, ``done`` is a person's answer by mail."""

    code: str
    site: str
    gone: str
    home: str
    done: str
    wrote: str
    away_subject: str
    away: str
    charset: str = "utf-8"

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``."""
        return "rtl" if self.code == "ar" else "ltr"


TONGUES = {
    each.code: each
    for each in (
        Tongue(
            "en",
            "PicDrop",
            "Sorry! The file you were looking for isn't available any more.",
            "Start",
            "Hello, we have taken the content down and suspended the user.",
            "wrote:",
            "Automatic reply: out of office",
            "I am out of the office until Monday and will read your mail then.",
        ),
        Tongue(
            "ja",
            "写真広場",
            "お探しの画像は投稿者または管理者により削除されました。",
            "トップへ",
            "ご連絡ありがとうございます。該当の画像を削除いたしました。",
            "さんは書きました:",
            "自動返信：お問い合わせを受け付けました",
            "お問い合わせありがとうございます。担当者より順次ご連絡いたします。",
            "iso-2022-jp",
        ),
        Tongue(
            "ar",
            "ألبوم",
            "عذراً، تمت إزالة هذا المحتوى ولم يعد متاحاً.",
            "الرئيسية",
            "مرحباً، لقد حذفنا المحتوى المذكور وأغلقنا الحساب.",
            "كتب:",
            "رد تلقائي",
            "شكراً لرسالتكم. سنرد عليكم في أقرب وقت ممكن.",
        ),
        Tongue(
            "de",
            "Bilderkiste",
            "Das Bild wurde gelöscht.",
            "Zur Startseite",
            "Guten Tag, der Inhalt ist entfernt, das Nutzerkonto gesperrt.",
            "schrieb:",
            "Abwesenheitsnotiz",
            "Ich bin bis Montag nicht im Haus. Ihre Nachricht wird nicht weitergeleitet.",
        ),
        Tongue(
            "fr",
            "Partage-Photo",
            "Oups, ce contenu n'est plus disponible. Il a été supprimé.",
            "Accueil",
            "Bonjour, le contenu signalé a été supprimé de nos serveurs.",
            "a écrit :",
            "Réponse automatique : absence",
            "Je suis absente du bureau jusqu'à lundi inclus.",
        ),
        Tongue(
            "es",
            "FotoMuro",
            "Esta imagen ha sido eliminada por incumplir las normas.",
            "Inicio",
            "Buenos días: hemos retirado el contenido.",
            "escribió:",
            "Respuesta automática",
            "Gracias por su mensaje. Estaré fuera de la oficina hasta el lunes.",
        ),
        Tongue(
            "ru",
            "Фотоархив",
            "Файл удалён по требованию правообладателя или администрации.",
            "На главную",
            "Здравствуйте! Материал удалён, пользователь заблокирован.",
            "пишет:",
            "Автоответ: меня нет на месте",
            "Я вернусь в понедельник. Ваше письмо получено.",
            "koi8-r",
        ),
        Tongue(
            "zh",
            "图片空间",
            "您访问的图片已被删除。",
            "返回首页",
            "您好，相关内容已经删除。",
            "写道：",
            "自动回复：已收到您的邮件",
            "您好，来信已收到，我会尽快回复。",
            "gb18030",
        ),
        Tongue(
            "ko",
            "사진나눔",
            "삭제되었거나 존재하지 않는 게시물입니다.",
            "처음으로",
            "안녕하세요. 신고하신 게시물은 삭제 처리되었습니다.",
            "작성:",
            "자동 회신",
            "보내주신 메일은 잘 받았습니다. 월요일에 답변드리겠습니다.",
        ),
        Tongue(
            "pt",
            "Álbum Aberto",
            "Ops! Este arquivo foi removido pelo administrador.",
            "Página inicial",
            "Olá, o conteúdo foi removido hoje.",
            "escreveu:",
            "Resposta automática: ausente",
            "Estou fora do escritório e volto na segunda-feira.",
        ),
        Tongue(
            "tr",
            "Resim Deposu",
            "Aradığınız dosya yayından kaldırılmıştır.",
            "Ana sayfa",
            "Merhaba, bildirdiğiniz içerik yayından kaldırıldı.",
            "yazdı:",
            "Otomatik yanıt: ofis dışında",
            "Pazartesi gününe kadar ofis dışındayım.",
        ),
        Tongue(
            "hi",
            "चित्र संग्रह",
            "यह फ़ाइल हटा दी गई है।",
            "मुख्य पृष्ठ",
            "नमस्ते, सामग्री हटा दी गई है।",
            "ने लिखा:",
            "स्वचालित उत्तर",
            "आपका संदेश मिल गया है। हम शीघ्र उत्तर देंगे।",
        ),
        Tongue(
            "pl",
            "Galeria",
            "Zdjęcie nie istnieje lub zostało usunięte.",
            "Strona główna",
            "Dzień dobry, odmawiamy: osoba na zdjęciu jest pełnoletnia.",
            "napisał(a):",
            "Autoodpowiedź: poza biurem",
            "Dziękuję za wiadomość. Wracam w poniedziałek.",
        ),
    )
}
"""Code → language."""


def gone_page(code: str) -> str:
    """The page that a host of this language shows for whatever it does not have (any more), with status 200."""
    tongue = TONGUES[code]
    layout = _LAYOUTS[sorted(TONGUES).index(code) % len(_LAYOUTS)]
    return (
        f'<!doctype html><html lang="{code}" dir="{tongue.direction}"><head><meta charset="utf-8">'
        f"<title>{escape(tongue.site)}</title></head><body>{layout(tongue)}</body></html>"
    )


def _banner(tongue: Tongue) -> str:
    return (
        f'<header><a href="/">{escape(tongue.site)}</a></header><main><div class="err"><p>{escape(tongue.gone)}</p>'
        f'</div><p><a href="/">{escape(tongue.home)}</a></p></main><footer>© 2026 {escape(tongue.site)}</footer>'
    )


def _table(tongue: Tongue) -> str:
    return (
        f'<table width="100%"><tr><td class="logo">{escape(tongue.site)}</td></tr><tr><td align="center"><b>'
        f'{escape(tongue.gone)}</b><br><a href="/">{escape(tongue.home)}</a></td></tr></table>'
    )


def _forum(tongue: Tongue) -> str:
    return (
        f'<div id="wrap"><h1>{escape(tongue.site)}</h1><ul class="nav"><li><a href="/">{escape(tongue.home)}</a></li>'
        f'</ul><div class="panel" id="message"><div class="inner">{escape(tongue.gone)}</div></div>'
        "<p>Powered by phpBB</p></div>"
    )


def _bare(tongue: Tongue) -> str:
    return f"<center><h2>{escape(tongue.gone)}</h2></center>"


_LAYOUTS: tuple[Callable[[Tongue], str], ...] = (_banner, _table, _forum, _bare)
