-- One row per unit.
{{ stage('special_equipment', 'units') }}
