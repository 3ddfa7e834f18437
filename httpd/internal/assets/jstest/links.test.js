import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splitLinks } from '../static/js/links.js';

// marked returns the text with ⸠ and ⸡ around each link, as in the test data of UTS #58.
const marked = (text) => splitLinks(text).map((part) => (part.href ? `⸠${part.text}⸡` : part.text)).join('');

const check = (line) => test(line.replaceAll('\n', '↵'), () => assert.equal(marked(line.replace(/[⸠⸡]/g, '')), line));

// Cases of the standard's LinkDetectionTest.txt, version 17. Domains without http:// are no
// links here, so each gets it.
describe('the standard', () => {
  for (const line of `
See ⸠TEST.COM⸡ on…
See ⸠FOO.VERMÖGEN.com⸡ on…
See http://.foo.example.com/αβγ on…
See http://foo..example.com/αβγ on…
See http://-foo.example-.com. on…
See ⸠foo.example.com⸡. on…
See ⸠foo.example.com./αβγ⸡ on…
See ⸠example.com⸡! on…
See ⸠example.com?αβγ⸡ on…
See ⸠example.com#αβγ⸡ on…
See ⸠example.com/αβγ/δεζ?δ.εφ#λμν⸡ on…
See ⸠example.com/αβγ/δεζ?δ⸡ εφ#λμν on…
See ⸠example.com/αβγ/δεζ?δ⸡. εφ#λμν on…
See ⸠example.com/α/βγ?δ/ε?ζ#λ/μ?ν#π⸡ on…
See ⸠example.com/αβ⸡) on…
See ⸠example.com/α(β)⸡ on…
See ⸠example.com/α(β)γ/δρς?α=(θ)&(β)=κ#λμν:~:text=(φχψ)⸡ on…
See ⸠example.com/α[(β)]γ/δρς?α=[(θ)]&[(β)]=κ#λμν:~:text=[(φχψ)]⸡ on…
See ⸠example.com/α[(β⸡])γ/δρς?α=[(θ)]&[(β)]=κ#λμν:~:text=φχψ on…
See ⸠example.com/α[(β)]γ/δρς?α=[(θ⸡])&[(β)]=κ#λμν:~:text=φχψ on…
See ⸠example.com/α[(β)]γ/δρς?α=[(θ)]&[(β⸡])=κ#λμν:~:text=φχψ on…
See ⸠example.com/α[(β)]γ/δρς?α=[(θ)]&[(β)]=κ#λμν:~:text=[(φχψ⸡]) on…
See ⸠example.com/αβ(γ/δ⸡)ρς?α=θ&β=κ#λμν:~:text=φχψ on…
See ⸠example.com/αβγ/δρς?α(=⸡)θ&β=κ#λμν:~:text=φχψ on…
See ⸠example.com/αβγ/δρς?α=θ(&⸡)β=κ#λμν:~:text=φχψ on…
See ⸠example.com/αβγ/δρς?α=θ&β=κ#λμ(ν:~:text=φχ⸡)ψ on…
⸠ja.wikipedia.org/wiki/フィンセント・ファン・ゴッホ⸡
⸠abc.com⸡ ⸠deΩ.uk⸡ ⸠foo.accountants⸡ ⸠foo.香港⸡
⸠abc.XN--11B4C3D⸡
See ⸠example.com:1234/forum/questions/?tag=new&order=newest#top⸡ on…
http://john.smith@example.com
http://john.smith@example.com/foo/bar
http://john..smith@example.com
⸠als.wikipedia.org/wiki/Wikipedia:Artikel,_wos_i_allne_Wikipedene_gee_sött⸡
⸠an.wikipedia.org/wiki/Wikipedia:Lista_d'articlos_que_toda_Wikipedia_habría_de_tener⸡
⸠ar.wikipedia.org/wiki/ويكيبيديا:قائمة_مقالات_يجب_أن_تحتويها_كل_ويكيبيديا⸡
⸠anp.wikipedia.org/wiki/मूलभूत_लेखॊ_के_सूची⸡
⸠bo.wikipedia.org/wiki/Wikipedia:སྐད་རིགས་ཆ་ཚང་ཡོད་པའི་རྩོམ་ཡིག་ཟིན་ཐོ⸡།
⸠bug.wikipedia.org/wiki/Wikipedia:Daftar_artikel_ᨆᨊᨛᨂ_ᨅᨔ_ᨄᨑᨛᨒᨘ_ᨂᨛᨀ⸡
⸠hy.wikipedia.org/wiki/Վիքիպեդիա:Կարևորագույն_հոդվածներ⸡
⸠kw.wikipedia.org/wiki/Wikipedia:1,000_erthygel⸡
⸠lez.wikipedia.org/wiki/Википедия:1000⸡
⸠mt.wikipedia.org/wiki/Wikipedija:Lista_ta'_artikli_li_kull_Wikipedija_għandu_jkollha⸡
⸠my.wikipedia.org/wiki/ဝီကီပီးဒီးယား:မြန်မာဝီကီတွင်_ရှိသင့်သော_ဆောင်းပါးများ⸡
⸠nap.wikipedia.org/wiki/Wikipedia:Lista_d"e_vvoce_ca_tutt'_'e_Wikipedie_aveno_a_avé⸡
⸠sa.wikipedia.org/wiki/विकिपीडिया:प्रारम्भिक-विषयाः⸡
⸠th.wikipedia.org/wiki/วิกิพีเดีย:รายการบทความที่วิกิพีเดียทุกภาษาควรมี⸡
⸠yi.wikipedia.org/wiki/װיקיפּעדיע:וויכטיגע_ארטיקלען⸡
⸠zh-min-nan.wikipedia.org/wiki/Wikipedia:Só͘-ū_ê_Wikipedia_pán-pún_lóng_èng-kai_ū_ê_bûn-chiuⁿ⸡
⸠zh.wikipedia.org/wiki/Wikipedia:基礎條目⸡
a ⸠example.com:443⸡ b
a (⸠example.com/123?123#123⸡) b
a (⸠example.com/123?123#(123)⸡) b
a ⸠example.com/123⸡. HTML is great
a ⸠example.com/123⸡... HTML is so great
a ⸠example.com/123⸡.
a ⸠xn-----ctdbabcfhu9c2b9l1acccr4c.xn--mgbah1a3hjkrd⸡ b
Lorem ipsum ⸠تجربة-القبول-الشامل.موريتانيا⸡ dolor sit amet
Lorem ipsum ⸠সর্বজনীন-স্বীকৃতির-পরীক্ষা.ভারত⸡ dolor sit amet
Lorem ipsum ⸠다국어도메인이용환경테스트.한국⸡ dolor sit amet
Lorem ipsum ⸠どこでもつかえる.みんな⸡ dolor sit amet
Lorem ipsum ⸠universal-acceptance-test.קום⸡ dolor sit amet
Lorem ipsum ⸠Universales-Akzeptanz-Test.vermögensberatung⸡ dolor sit amet
Lorem ipsum ⸠普遍适用测试.我爱你/测试⸡ dolor sit amet
blah ⸠en.wikipedia.org/wiki/The_Lovemakers_(film)⸡ blah
blah ⸠example.com/?foo[1]=a&amp;foo[2]=b⸡ blah
Lorem ipsum ⸠comoyo.com/play/S(123)⸡ dolor sit amet
Lorem ipsum ⸠example.com/knutsen_ludvigsen/ver(k)ste(d)/brilleslange.mp3⸡ dolor sit amet
Lorem ipsum ⸠example.com/Jah_Live_(originally_issued_as_Island_Single_(WIP_6265))_(bonus_track⸡ dolor sit amet
Lorem ipsum ⸠business.timesonline.co.uk/article/0,,9065-2473189,00.html⸡ dolor sit amet
Lorem ipsum ⸠www.mail-archive.com/ruby-talk@ruby-lang.org/⸡ dolor sit amet
Lorem ipsum ⸠www.rubyonrails.com/foo.cgi?trailing_hyphen=value-⸡ dolor sit amet
`.trim().split('\n')) check(line.replaceAll('⸠', '⸠https://'));
});

describe('texts without spaces around a link', () => {
  for (const line of [
    '见⸠https://example.org/路径⸡，然后回来',
    '⸠https://example.org⸡。然后',
    '⸠https://example.org⸡然后',
    '⸠https://example.org/a⸡、⸠https://example.org/b⸡',
    '⸠https://a.example⸡、⸠https://b.example⸡',
    '⸠https://a.example/x⸡,⸠https://b.example/y⸡;⸠www.c.example.org⸡',
    '（⸠https://example.org/路径⸡）',
    '⸠https://example.org/路径⸡（官网）',
    '「⸠https://example.org/あ⸡」と',
    '„⸠https://example.org/a⸡“ und »⸠https://example.org/b⸡« und ‚⸠https://example.org/c⸡‘',
    'انظر ⸠https://example.org/صفحة⸡، ثم ⸠https://example.org⸡؟ نعم ⸠https://example.org/x⸡۔',
    'देखें ⸠https://example.org/लेख⸡। फिर',
    '`⸠https://example.org/a⸡` and `⸠https://example.org⸡`',
    '⸠https://example.org/a⸡\u200bnext, \ufeff⸠https://example.org⸡\u2060',
    'look⸺⸠https://example.org/a⸡—there, ⸠https://example.org/a⸡… and ⸠https://example.org⸡—so',
    '⸠https://en.wikipedia.org/wiki/Michelson–Morley_experiment⸡ – yes, ⸠https://example.org/a⸡–',
    '⸠https://fa.wikipedia.org/wiki/می\u200cخواهم⸡ و',
    '⸠https://example.org/Foo_⸡ ⸠https://example.org/~⸡ ⸠https://example.org/~ann⸡.',
    'on ⸠www.example.org⸡, ⸠WWW.example.org/a⸡ and www. www.x wwww.example.org',
    '⸠https://example.org/L’Été⸡’ ⸠https://example.org/L’Été’s⸡',
    '<a href="⸠https://example.org/⸡">x</a> <⸠https://example.org/a⸡>',
    '⸠http://localhost:8080/chat/x/⸡ ⸠http://[2001:db8::1]:80/⸡ ⸠https://192.0.2.1⸡:',
    '🙂⸠https://example.org/🙂⸡ 🙂',
    'xhttps://example.org https:// https://[ http://a:b@example.org/ http://example.org:99999/',
    'javascript:alert(1) javascript:alert("https://") ftp://example.org data:text/html,x file:///etc/passwd',
    '⸠https://example.org/⸡\u202egpj.exe',
    'a\n⸠https://example.org/a⸡\n⸠https://example.org/b⸡\n',
  ]) check(line);
});

test('a link leads where the text says, or the host is shown', () => {
  const hosts = (text) => splitLinks(text).filter((part) => part.href).map(({ href, host }) => [href, host]);
  for (const [text, ...want] of [
    ['HTTPS://Example.ORG/x', ['https://example.org/x', '']],
    ['www.example.org/a', ['https://www.example.org/a', '']],
    ['https://müller.example', ['https://xn--mller-kva.example/', '']],
    ['https://例え.みんな', ['https://xn--r8jz45g.xn--q9jyb4c/', '']],
    ['https://аррӏе.com/', ['https://xn--80ak6aa92e.com/', 'xn--80ak6aa92e.com']],
    ['https://gıthub.com', ['https://xn--gthub-n4a.com/', 'xn--gthub-n4a.com']],
    ['https://ｅxample.com:8080', ['https://example.com:8080/', 'example.com:8080']],
    ['http://2130706433/', ['http://127.0.0.1/', '127.0.0.1']],
    ['http://0x7f.1/', ['http://127.0.0.1/', '127.0.0.1']],
  ]) assert.deepEqual(hosts(text), want, text);
});

test('the parts make up the text again', () => {
  const letters = ['https://', 'www.', 'a', '.', 'org', '/', '(', ')', '、', '“', ' ', '@', ':', '8', '?', '#', '\u200d', '🙂', '\ud800', '-', 'é'];
  for (let seed = 1; seed <= 5000; seed += 1) {
    let text = '';
    for (let n = seed; text.length < 40; n = (n * 48271) % 2147483647) text += letters[n % letters.length];
    assert.equal(splitLinks(text).map((part) => part.text).join(''), text);
    for (const { href } of splitLinks(text)) if (href) assert.match(href, /^https?:\/\//);
  }
});

// Time that grows with the square of the length would let one message stop all pages.
test('a hostile text is gone through a few times, not once for each letter', (t) => {
  let letters = 0;
  for (const method of ['split', 'slice', 'match', 'replace', 'indexOf', 'includes', 'lastIndexOf', 'codePointAt']) {
    const plain = String.prototype[method];
    t.mock.method(String.prototype, method, function count(...args) {
      const result = plain.apply(this, args);
      letters += typeof result === 'string' ? result.length : method === 'codePointAt' ? 1 : this.length;
      return result;
    });
  }
  for (const text of [`https://go.dev/${')'.repeat(8000)}`, `https://go.dev/${'.'.repeat(8000)}`, 'http://'.repeat(1100), `https://go.dev/${'(h'.repeat(4000)}`, 'https://a/,'.repeat(700), 'www.'.repeat(2000)]) {
    letters = 0;
    splitLinks(text);
    assert.ok(letters > 0 && letters < 60 * text.length, `${letters} letters are gone through in a text of ${text.length}`);
  }
});
