// Files of a form[data-uploads] go up one by one: each says how far it is, and one that is refused stays chosen beside
// the others' success. Without this script the form is posted whole, which does the same for files that are taken.

// Outside of the form: what was said stays when the part around the form is brought anew.
const told = (form) => form.closest('section').querySelector('[data-upload-told]');

function line(form, text, kind) {
  const own = document.createElement('p');
  own.className = kind ? `notice notice--${kind}` : 'dim';
  own.textContent = text;
  told(form).append(own);
  return own;
}

/** One file with the other fields of the form. Resolves to what went wrong in words, empty when it was kept. */
function send(form, field, file) {
  const body = new window.FormData(form);
  body.set(field.name, file, file.name);
  const row = line(form, `${file.name}：正在上传…`);
  const asked = new window.XMLHttpRequest();
  asked.open('POST', form.action);
  asked.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
  asked.upload.addEventListener('progress', ({ loaded, total }) => {
    row.textContent = `${file.name}：已上传 ${Math.floor((100 * loaded) / total)}%`;
  });
  return new Promise((done) => {
    asked.addEventListener('loadend', () => {
      row.remove();
      done(asked.status === 204 ? '' : why(asked));
    });
    asked.send(body);
  });
}

function why({ status, responseText }) {
  if (status === 0) return '连接中断，没有传完；请检查网络后重试。';
  try {
    const { detail, next } = JSON.parse(responseText);
    return status === 422 || status === 409 ? detail : [detail, next].filter(Boolean).join(' ');
  } catch {
    return '没有完成，请重试；仍不成功请联系系统管理员。';
  }
}

async function sendAll(form, field) {
  const button = form.querySelector('button[type=submit]');
  const rest = new window.DataTransfer();
  const files = [...field.files];
  told(form).replaceChildren();
  button.disabled = true;
  for (const file of files) {
    const wrong = await send(form, field, file);
    if (!wrong) continue;
    rest.items.add(file);
    line(form, `${file.name}：${wrong}`, 'over');
  }
  button.disabled = false;
  const kept = files.length - rest.files.length;
  if (rest.files.length) field.files = rest.files;
  else form.reset();
  if (kept) {
    line(form, `已添加 ${kept} 份材料。`, 'calm');
    window.htmx.trigger(document.body, 'live-matter');
  }
  (rest.files.length ? field : form.closest('details').querySelector('summary')).focus();
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  const field = form.matches('form[data-uploads]') && form.querySelector('input[type=file]');
  if (!field || field.files.length === 0) return; // the server says what is missing
  event.preventDefault();
  if (!form.querySelector('button[type=submit]').disabled) sendAll(form, field);
});
