import sys, time, cProfile, pstats, shutil, resource
from pathlib import Path
from tests.benchmarks import analysis_speed as a
from harness.campaign.analyze import analyze
from harness.store.run_folder import RunFolder
count=int(sys.argv[1]); path=Path(f"/tmp/verdict-speed-{count}")
if not path.exists(): a._write_run(path,count)
p=cProfile.Profile(); t=time.process_time()
p.enable(); r=analyze(RunFolder.open(path)); p.disable()
print(r['outcome'], time.process_time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/2**20)
import hashlib; print(hashlib.sha256((path/'results.json').read_bytes()).hexdigest())
pstats.Stats(p).sort_stats('tottime').print_stats(28)
