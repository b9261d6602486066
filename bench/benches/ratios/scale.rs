//! Whether cost grows with scale, as two plots.

use std::ops::Range;
use std::path::Path;

use plotters::prelude::*;

use crate::calls::Pair;
use crate::list::nanos_per_record;
use crate::server::serve;
use sanspay_bench::measure::Effort;
use sanspay_bench::partner::{ID, record};

/// Points of a line: what is scaled, and what it costs in microseconds.
type Line = Vec<(f64, f64)>;

/// Draws both plots into `folder`.
pub(crate) fn plot(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let records = [10, 100, 1_000, 10_000].map(|pages: u32| {
        let nanos = nanos_per_record(pages.into());
        println!("list of {} records: {nanos:.0} ns each", pages * 100);
        (f64::from(pages * 100), nanos / 1e3)
    });
    draw(
        &folder.join("list.svg"),
        "Listing: time per record",
        "records in the list",
        1e3..1e6,
        &[("sanspay-async", records.to_vec())],
    )?;
    let server = serve(std::time::Duration::ZERO, |_| record(ID, true));
    let pair = Pair::new(server);
    let (mut bare, mut ours) = (Line::new(), Line::new());
    for tasks in [1, 4, 16, 64, 256, 1000] {
        let (floor, call) = pair.measure(Effort { short: true }, tasks);
        println!("{tasks} tasks: {floor:.0} ns a call with bare reqwest, {call:.0} with ours");
        bare.push((f64::from(tasks), floor / 1e3));
        ours.push((f64::from(tasks), call / 1e3));
    }
    let lines = [("bare reqwest", bare), ("sanspay-async", ours)];
    draw(
        &folder.join("calls.svg"),
        "Calling: time per call",
        "tasks that share one client",
        1.0..1e3,
        &lines,
    )
}

fn draw(
    file: &Path,
    title: &str,
    across: &str,
    range: Range<f64>,
    lines: &[(&str, Line)],
) -> Result<(), Box<dyn std::error::Error>> {
    let points = lines.iter().flat_map(|(_, line)| line);
    let highest = points.map(|point| point.1).fold(0.0, f64::max);
    let area = SVGBackend::new(file, (720, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(range.log_scale(), 0.0..highest * 1.2)?;
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(across).y_desc("microseconds").draw()?;
    for ((name, line), color) in lines.iter().zip([BLUE, RED]) {
        let series =
            chart.draw_series(LineSeries::new(line.iter().copied(), color.stroke_width(2)))?;
        series
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    let mut labels = chart.configure_series_labels();
    labels.background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
