#!/usr/bin/env node
// Plain JavaScript that any Node since 12 can parse, without static imports: on an old Node, what it would import
// fails in ways that nobody understands (a native module even ends the process without a word).
var found = process.versions.node;
var parts = found.split('.').map(Number);

if (parts[0] < 22 || (parts[0] === 22 && parts[1] < 22)) {
  process.stderr.write(
    'carbonation needs Node 22.22 or newer, this is v' +
      found +
      ': install Node 24 from your distribution or with nvm or fnm, or inside a clone run `npm ci` and use `npx carbonation`\n',
  );
  process.exitCode = 1;
} else {
  // A service that is just being started must not be ended by whoever has it read its rules, which it has yet to do.
  if (process.argv.indexOf('run') > 1) process.on('SIGHUP', function () {});
  start().then(
    function (ended) {
      process.exitCode = ended.code;
      endSoon(ended.end);
    },
    function (error) {
      process.stderr.write('error: carbonation cannot start: ' + ((error && error.message) || error) + '\n');
      process.exitCode = 1;
    },
  );
}

/**
 * Ends the process also when something keeps it that nobody waits for: a connection to a server that keeps silent, a disk that does
 * not answer, or a reader of stderr that reads nothing.
 */
function endSoon(end) {
  var left = process.stderr.writableLength;
  setInterval(function () {
    var before = left;
    left = process.stderr.writableLength;
    if (process.stdout.writableLength === 0 && (left === 0 || left === before)) end(process.exitCode);
  }, 5000).unref();
}

/** Runs the sources of a clone, else the published build. */
function start() {
  return Promise.all([import('node:fs'), import('node:module')]).then(function (modules) {
    var fs = modules[0];
    // Before anything has used one of these threads: then all of them start.
    if (process.env.UV_THREADPOOL_SIZE === undefined) process.env.UV_THREADPOOL_SIZE = String(callThreads(fs));
    if (modules[1].enableCompileCache) modules[1].enableCompileCache();
    var source = new URL('../src/cli/main.ts', import.meta.url);
    var built = new URL('../dist/program/cli/main.js', import.meta.url);
    return import(fs.existsSync(source) ? source.href : built.href).then(function (program) {
      return program.main(process.argv.slice(2)).then(function (code) {
        return { code: code, end: program.endProcess };
      });
    });
  });
}

/**
 * How many threads make calls to disks. Many files are flushed to disk at the same time; Node's 4 threads would flush them one
 * after another. And each call to a disk that does not answer keeps one: those of fifty watches must leave some for the others.
 * But Node aborts without a word where the system refuses one of them, so they take a quarter of what may run at most, or has
 * room in the addresses that the process may use: a thread with its stack and what it allocates takes some 64 MB of these.
 */
function callThreads(fs) {
  var most = 512;
  function read(path) {
    try {
      return fs.readFileSync(path, 'utf8');
    } catch {
      // Another system, or no such limit.
      return '';
    }
  }
  function bound(text, pattern, each) {
    var found = pattern.exec(text);
    if (found) most = Math.min(most, Number(found[1]) / (each || 1));
  }
  var limits = read('/proc/self/limits');
  bound(limits, /^Max processes +([0-9]+)/m);
  bound(limits, /^Max address space +([0-9]+)/m, 64 * 1024 * 1024);
  read('/proc/self/cgroup')
    .split('\n')
    .forEach(function (line) {
      // The second version of them, or the first; those above bound it, too.
      var found = /^[0-9]+:(|pids):([^]*)$/.exec(line);
      if (!found) return;
      var root = '/sys/fs/cgroup' + (found[1] && '/' + found[1]);
      for (var path = found[2]; path !== ''; path = path.slice(0, path.lastIndexOf('/')))
        bound(read(root + path.replace(/[/]$/, '') + '/pids.max'), /^([0-9]+)/);
      bound(read(root + '/pids.max'), /^([0-9]+)/);
    });
  return Math.max(4, Math.floor(most / 4));
}
