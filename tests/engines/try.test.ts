import { writeFileSync } from 'node:fs';
import { databases } from '../harness/databases.js';
import { group } from '../harness/group.js';
import { findCallSites, nameOf, siteAt } from './checker/call-sites.js';
import { recordStatements } from './checker/record-statements.js';
import { STEPS } from './steps/steps.js';
import { openStepsWorld } from './steps/steps-world.js';
group('try', (test) => {
  test('steps', async () => {
    const w = await openStepsWorld(await databases()[1]!.create());
    const rec = recordStatements();
    const bySite = new Map<string, Set<string>>();
    const first = new Map<string, unknown>();
    const sites = findCallSites();
    for (const step of STEPS) {
      const t = performance.now();
      const c = process.cpuUsage();
      try { await step.run(w); } catch (e) { process.stdout.write(`THROWN ${step.title} ${String((e as Error).stack)}\n`); }
      const cpu = process.cpuUsage(c);
      for (const s of rec.statements.splice(0)) { const n = nameOf(sites, s.site); bySite.set(n, (bySite.get(n) ?? new Set()).add(s.text)); if (!first.has(s.text)) first.set(s.text, { site: n, parameters: s.parameters, step: step.title, text: s.text }); }
      process.stdout.write(`${step.title} ${w.takeResults().map((r) => r.exitCode).join()} ${Math.round(performance.now() - t)} ms cpu ${Math.round((cpu.user + cpu.system) / 1000)}\n`);
    }
    rec.stop();
    writeFileSync('/tmp/C-statements.json', JSON.stringify([...first.values()]));
    const texts = [...bySite.values()].flatMap((s) => [...s]);
    process.stdout.write(`${texts.length} texts, ${sites.length} sites\n`);
    const reached = new Set(rec.reached.map((p) => siteAt(sites, p)?.name ?? `?? ${JSON.stringify(p)}`));
    for (const s of sites) if (!reached.has(s.name)) process.stdout.write(`UNREACHED ${s.name}\n`);
    for (const s of reached) if (s.startsWith('??')) process.stdout.write(`${s}\n`);
    for (const [n, s] of bySite) process.stdout.write(`SITE ${n}: ${s.size}\n`);
    await w.close();
    throw new Error('show');
  }, { timeoutMs: 300_000 });
});
