import Foundation

/// Processor time used so far, by the whole machine and by this process, in seconds.
struct MachineLoad {
    var machine: Double
    var process: Double

    static var now: MachineLoad {
        MachineLoad(machine: busySeconds, process: processSeconds)
    }

    /// What other processes used; 0 where the system does not tell.
    var foreign: Double { machine == 0 ? 0 : max(0, machine - process) }

    static func - (a: MachineLoad, b: MachineLoad) -> MachineLoad {
        MachineLoad(machine: a.machine - b.machine, process: a.process - b.process)
    }

    /// The first line of /proc/stat: `cpu user nice system idle iowait irq softirq …` in ticks.
    private static var busySeconds: Double {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first
        else { return 0 }
        let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard ticks.count > 6 else { return 0 }
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6])
            / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static var processSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
