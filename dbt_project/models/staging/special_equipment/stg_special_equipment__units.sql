-- One row per unit and kind of equipment.
{{ stage('special_equipment', 'units') }}
